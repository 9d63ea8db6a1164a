/** Policy packs in force, by tenant: `ReadonlyMap<string, PolicyPack>`. */
export const POLICY_PACKS = Symbol('PolicyPacks');
