/** What IndexedDB holds, one database a person. */

import type { DBSchema, IDBPTransaction } from 'idb';
import type { JobFields, Me, MeFields, Slot } from './domain.js';
import type { Anchor, Note, Result } from './wire.js';

/** The server's copy. */
export interface BaseDoc {
  type: 'job' | 'checklist' | 'me';
  id: string;
  version: number;
  fields: any;
  /** the server no longer lists it; a job is kept, read only, until its ops and bytes are there, a checklist while a job refers to it */
  handed_over?: boolean;
}

/** One confirmed act of the person; the journal is in the order of `n`. */
export interface Op {
  /** place in the journal of this phone, never changes */
  n?: number;
  id: string;
  /** changes when the profile gets a new client_id */
  seq: number;
  schema: number;
  kind: string;
  /** job id */
  entity: string;
  args: Record<string, any>;
  base: { version: number };
  occurred_at: number;
  mono: { page: string; t: number; anchor?: Anchor };
  /** job number, so that the outbox can name it after the job has gone */
  number: string;
  /** 1 while it has to be shown over the base: unacknowledged, or the base is not that far yet */
  open?: 1;
  /** 1 while the person should look at its result */
  trouble?: 1;
  /** acknowledged once, but the server was restored from a backup: sent again */
  resend?: boolean;
  /** absent: not acknowledged */
  result?: Result;
  note?: Note;
  version?: number;
  /** server time of the acknowledgement */
  acked_ms?: number;
}

/** Where this profile stands with the server. */
export interface ClientState {
  client_id: string;
  /** the server knows client_id as a device of this person */
  registered: boolean;
  /** 0: never heard one */
  epoch: number;
  cursor: string;
  next_seq: number;
}

/** The last answer of the server. */
export interface Contact {
  server_ms: number;
  local_ms: number;
  /** how far the phone's clock is ahead of the server's */
  off_ms: number;
}

/** A file as the camera screen hands it over: already hashed. */
export interface PhotoFile {
  sha256: string;
  data: ArrayBuffer;
  /** media type */
  type: string;
  thumb: ArrayBuffer | null;
}

/** Bytes on this phone, by SHA-256. */
export interface Bytes {
  /** null: let go, the server has them */
  data: ArrayBuffer | null;
  thumb: ArrayBuffer | null;
  type: string;
}

/** A photo taken on this phone and how far its bytes are. */
export interface Evidence {
  /** id of the op that announced it */
  id: string;
  /** job id */
  job: string;
  /** job number, so that it can be named after the job has gone */
  number: string;
  slot: Slot;
  sha256: string;
  /** bytes */
  size: number;
  at_ms: number;
  /** 1 while the bytes are only here */
  open?: 1;
  /** 1: goes before all others (it proves an outcome) */
  first?: 1;
  /** where its upload is on the server; '': begun, but nobody told where */
  upload?: string;
  /** it cannot be sent: a reason code */
  trouble?: string;
}

export interface PersonDB extends DBSchema {
  base: { key: [string, string]; value: BaseDoc };
  ops: { key: number; value: Op; indexes: { id: string; open: number; trouble: number; acked: number } };
  bytes: { key: string; value: Bytes };
  evidence: { key: string; value: Evidence; indexes: { open: number } };
  drafts: { key: string; value: any };
  meta: { key: string; value: any };
}

export type StoreName = 'base' | 'ops' | 'bytes' | 'evidence' | 'drafts' | 'meta';
export type ReadTx = IDBPTransaction<PersonDB, StoreName[], 'readonly'>;
export type WriteTx = IDBPTransaction<PersonDB, StoreName[], 'readwrite'>;
export type Tx = ReadTx | WriteTx;

export interface JobView extends JobFields {
  id: string;
  version: number;
  /** acts only on this phone; a photo whose bytes are here too counts below */
  unsent: number;
  /** photos whose bytes are only on this phone */
  unsentPhotos: number;
  /** keys of the checklist's items that stand on the customer's sheet */
  shownItems: string[];
  unsentOps: { id: string; kind: string; args: Record<string, any>; occurred_at: number }[];
  handedOver: boolean;
  /** why the last act that needs a look was not taken as it was meant */
  lastAckNote: Note;
}

/** A job while ops are replayed over it. */
export type Shown = JobFields & { shownItems: string[] };

/** One operation: `static/js/sync/operations/<op>.js`. */
export interface Operation {
  /** Checks and completes what the screen gives; throws AppError(code). */
  build(args: Record<string, any>, facts: { job: JobView; me: Me; nowMs: number }): Record<string, any>;
  /** The job as it will look; pure; an op already in the job changes nothing. */
  apply(job: Shown, op: Op, me: Me): Shown;
}

export type Operations = Readonly<Record<string, Operation>>;

/** What the engine needs to build the next request. */
export interface SyncState {
  client: ClientState;
  /** unacknowledged ops in the order of seq */
  pending: Op[];
  /** photos whose bytes are only here, the oldest first */
  photos: Evidence[];
  /** acknowledged ops still shown over the base when this was read */
  settling: string[];
  /** what this phone holds, sorted by id */
  manifest: [string, number][];
}

/** What was sent, to judge the answer by. */
export interface Sent {
  client_id: string;
  ops: string[];
  settling: string[];
  /** how far the phone's clock was ahead when the answer came */
  off_ms: number;
  local_ms: number;
}

export interface Taken {
  acked: number;
  /** changes went in; false: another tab was faster, ask again */
  applied: boolean;
  /** the profile got a new client_id: start over */
  renewed: boolean;
  /** jobs the manifest names that are missing or differ */
  fetch: string[];
}

export interface PersonRecord {
  id: string;
  name: string;
  staffNo: string;
  signedInAtMs: number;
  pin?: { salt: Uint8Array; hash: Uint8Array; iterations: number };
  wrongTries?: number;
  /** no try before this moment */
  waitUntilMs?: number;
  /** the installation's public key; absent: signed in before there was one */
  rescue?: { id: string; key: string };
}
