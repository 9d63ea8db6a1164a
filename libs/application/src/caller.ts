import type { Processing } from '@lacuna/domain/kernel';

/** Who asks, as the token says: never taken from a request. */
export type Caller = Readonly<{
  tenant: string;
  actorId: string;
  /** The one acting role of this request. */
  role: string;
  /** All roles held: a deny that is about a person looks at all of them. */
  roles: readonly string[];
  /** The member's own id, for a self-service actor; a request of theirs needs to name no member. */
  memberId?: string;
  /** The calling program: request ids are unique within it. */
  client: string;
}>;

/** What frames every command: who, under which request id, and how the person's data is handled (R003, R006, R013). */
export type RequestFrame = Readonly<{
  caller: Caller;
  requestId: string;
  processing: Processing;
}>;
