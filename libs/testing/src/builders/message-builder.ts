import type { Command, CommandContext, DomainEvent, Instant } from '@lacuna/domain/kernel';

/** An instant written with any offset, as the product writes it: UTC with milliseconds. */
export const instantOf = (text: string): Instant => new Date(text).toISOString();

/** A UUID that says which one it is: `id(7)` is `00000000-0000-4000-8000-000000000007`. */
export const id = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** What a customer-service agent of the demo club brings in; a test names only what it is about. */
export const commandContext = (change: Partial<CommandContext> = {}): CommandContext => ({
  tenant: 'car-club',
  at: instantOf('1998-07-01T09:00+08:00'),
  actor: { id: 'agent-1', role: 'customer-service' },
  processing: {
    channel: 'registration',
    lawfulBasis: 'contract',
    purposes: ['service'],
    noticeVersion: 'notice-1',
    provenance: 'subject',
  },
  ...change,
});

/** A command as tests name it: standard data, of which a test says only what it is about. */
export const commandBuilder =
  <C extends Command>(type: C['type'], standard: C['data']) =>
  (change: Partial<C['data']> = {}): { type: C['type']; data: C['data']; context: CommandContext } => ({
    type,
    data: { ...standard, ...change },
    context: commandContext(),
  });

/** An event as it was decided, its personal values plain: the specs seal it before it is folded. */
export const eventBuilder =
  <E extends DomainEvent>(type: E['type'], standard: E['data']) =>
  (change: Partial<E['data']> = {}): { type: E['type']; data: E['data'] } => ({
    type,
    data: { ...standard, ...change },
  });

/** The same command at another moment. */
export const at = <C extends Command>(moment: string, command: C): C => ({
  ...command,
  context: { ...command.context, at: instantOf(moment) },
});
