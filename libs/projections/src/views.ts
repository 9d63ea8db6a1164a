import { catalogue } from '@lacuna/domain/catalogue';
import { auditTrail } from './audit-trail/audit-trail.projection.js';
import { deadlines } from './deadlines/deadlines.projection.js';
import { eventReader, type EventReader, type Projection } from './engine/index.js';
import { memberDirectory } from './member-directory/member-directory.projection.js';

/** The audit views: built, switched and replayed together. */
export const allProjections: readonly Projection[] = [memberDirectory, auditTrail, deadlines];

/** Brings an event to its newest schema by the product's catalogue. */
export const readLogged: EventReader = eventReader(catalogue);
