import { catalogue } from '@lacuna/domain/catalogue';
import { activities } from './activities/activities.projection.js';
import { auditTrail } from './audit-trail/audit-trail.projection.js';
import { behaviour } from './behaviour/behaviour.projection.js';
import { deadlines } from './deadlines/deadlines.projection.js';
import { eventReader, type EventReader, type Projection } from './engine/index.js';
import { memberDirectory } from './member-directory/member-directory.projection.js';
import { statistics } from './statistics/statistics.projection.js';

/** All views: built, switched and replayed together. */
export const allProjections: readonly Projection[] = [
  memberDirectory,
  auditTrail,
  deadlines,
  behaviour,
  statistics,
  activities,
];

/** Brings an event to its newest schema by the product's catalogue. */
export const readLogged: EventReader = eventReader(catalogue);
