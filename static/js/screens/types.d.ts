import type { Me } from '#app/types/domain.js';
import type { Store } from '#app/store/store.js';

export type { Store };
export type { JobView, Op } from '#app/types/store.js';

/** How sending stands: what `status()` of sync/status.js tells. */
export type SyncStatus = ReturnType<typeof import('#app/sync/status.js').status>;

/** What every screen is given. */
export interface AppContext {
  /** The records of the person signed in on this phone. */
  store: Store;
  person: { id: string; name: string; staffNo: string };
  /** The person's own record; null until the first sync. */
  me: Me | null;
  /** The branch's time zone: every window and time is shown in it, whatever the phone says. */
  zone: string;
  /** Code of trouble with storing on this phone; null: none. */
  storageTrouble: string | null;
  /** A newer build waits to take over. */
  newBuild: boolean;
}

/** An address after the hash: `#/job/<id>/visit/greet` → {name: 'job', id, part: 'visit', at: 'greet'}. */
export interface Route {
  name: string;
  id: string;
  part: string;
  at: string;
}
