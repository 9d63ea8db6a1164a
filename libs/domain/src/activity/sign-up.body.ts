import type { BehaviourDetails, BehaviourFrame } from '../behaviour/index.js';

/**
 * What is sealed into the `details` of a `ParticipantSignedUp`, as JSON text: what was said with it, and who took it
 * in, when, and how the data is handled, which in clear would lead back to the person (R003, R013).
 */
export type SignUpBody = Readonly<{ details: BehaviourDetails; frame: BehaviourFrame }>;
