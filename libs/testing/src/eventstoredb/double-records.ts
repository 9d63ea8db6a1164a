/** A record of the transaction file. What is at which byte is opaque to clients, rises, and leaves gaps. */
export type DoubleRecord = Readonly<{
  position: bigint;
  stream: string;
  revision: bigint;
  id: string;
  type: string;
  isJson: boolean;
  data: Buffer;
  metadata: Buffer;
  /** Milliseconds of the machine's clock, as the server stamps them. */
  created: number;
}>;

export type ProposedRecord = Pick<DoubleRecord, 'id' | 'type' | 'isJson' | 'data' | 'metadata'>;

/** What the server counts against its limits. */
export const sizeOnDisk = ({ type, data, metadata }: ProposedRecord): number =>
  data.length + metadata.length + type.length * 2;

// Length, flags, ids, times around a record, as a round number.
const OVERHEAD = 100;

/** How far the next record is away from this one. */
export const lengthOf = (stream: string, record: ProposedRecord): bigint =>
  BigInt(OVERHEAD + stream.length + sizeOnDisk(record));

type RecordLine = Readonly<{
  stream: string;
  records: readonly Readonly<{
    id: string;
    type: string;
    isJson: boolean;
    data: string;
    metadata: string;
    created: number;
  }>[];
}>;

/** One write of the transaction file as a line of text. */
export const encodeWrite = (stream: string, records: readonly DoubleRecord[]): string => {
  const line: RecordLine = {
    stream,
    records: records.map(({ id, type, isJson, data, metadata, created }) => ({
      id,
      type,
      isJson,
      data: data.toString('base64'),
      metadata: metadata.toString('base64'),
      created,
    })),
  };
  return `${JSON.stringify(line)}\n`;
};

export type StoredWrite = Readonly<{
  stream: string;
  records: readonly (ProposedRecord & Readonly<{ created: number }>)[];
}>;

/** Reads the lines back; a last one that was torn off in the middle was never answered, and is left out. */
export const decodeWrites = (text: string): StoredWrite[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { stream, records } = JSON.parse(line) as RecordLine;
      return {
        stream,
        records: records.map((record) => ({
          ...record,
          data: Buffer.from(record.data, 'base64'),
          metadata: Buffer.from(record.metadata, 'base64'),
        })),
      };
    });
