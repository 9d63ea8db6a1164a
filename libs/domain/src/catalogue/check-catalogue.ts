import type { EventDeclaration } from '../kernel/index.js';

const numberFaults = (type: string, versions: readonly number[]): readonly string[] => {
  const newest = Math.max(...versions);
  if (!versions.every((version) => Number.isInteger(version) && version >= 1))
    return [`${type}: versions count from 1`];
  return Array.from({ length: newest }, (_, index) => index + 1).flatMap((version) => {
    const found = versions.filter((one) => one === version).length;
    if (found === 1) return [];
    return [`${type}: version ${version} is ${found === 0 ? 'missing' : 'declared twice'}`];
  });
};

const upcasterFaults = (type: string, chain: readonly EventDeclaration[]): readonly string[] => {
  const newest = Math.max(...chain.map(({ version }) => version));
  return chain.flatMap(({ version, upcast }) => {
    if (version < newest && !upcast) return [`${type}: version ${version} has no upcaster`];
    return version === newest && upcast ? [`${type}: the newest version has an upcaster`] : [];
  });
};

const subjectFaults = ({ type, version, subject, unnamed, fields }: EventDeclaration): readonly string[] => {
  const personal = Object.values(fields).some(({ kind }) => kind !== 'open');
  if (unnamed) return subject === null ? [] : [`${type}: version ${version} names whose it is and does not`];
  if (subject === null)
    return personal ? [`${type}: version ${version} has personal fields and no subject`] : [];
  return fields[subject] ? [] : [`${type}: version ${version} has no field ${subject} to name its subject`];
};

/** A value is sealed under its own field's name, in a map as well: two of one name in one event could be exchanged unnoticed. */
const labelFaults = ({ type, version, fields }: EventDeclaration): readonly string[] => {
  const labels = Object.entries(fields).flatMap(([name, field]) => {
    if (field.kind === 'personal') return [name];
    return field.kind === 'personal-map' ? field.keys : [];
  });
  const twice = labels.filter((label, index) => labels.indexOf(label) !== index);
  return twice.map((label) => `${type}: version ${version} seals two values as ${label}`);
};

/**
 * What is wrong with a set of declarations: a version that is missing or declared twice, a chain of upcasters that
 * does not end at the newest version, a personal field that is nobody's. Empty: the product may start.
 */
export const checkCatalogue = (entries: readonly EventDeclaration[]): readonly string[] => {
  const types = [...new Set(entries.map(({ type }) => type))];
  const perType = types.flatMap((type) => {
    const chain = entries.filter((entry) => entry.type === type);
    return [
      ...numberFaults(
        type,
        chain.map(({ version }) => version),
      ),
      ...upcasterFaults(type, chain),
    ];
  });
  return [...perType, ...entries.flatMap(subjectFaults), ...entries.flatMap(labelFaults)];
};
