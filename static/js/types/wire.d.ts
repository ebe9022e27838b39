/** What travels between phone and server: docs/sync-protocol.md. Append-only. */

import type { ChecklistFields, JobFields, MeFields } from './domain.js';

export type Result = 'applied' | 'merged' | 'conflict_lost' | 'late_evidence' | 'quarantined' | 'rejected';

/** Server time seen in the same page session as the op. */
export interface Anchor {
  /** server time of the answer */
  server_ms: number;
  /** performance.now() of this page at that moment, whole milliseconds, ± rtt / 2 */
  t: number;
  /** round trip of that request in milliseconds */
  rtt: number;
}

export interface WireOp {
  /** UUIDv7; the server answers a repeat of it as before */
  id: string;
  /** 1, 2, 3 … per client_id without gaps */
  seq: number;
  /** shape of `args` */
  schema: number;
  kind: string;
  /** job id */
  entity: string;
  args: Record<string, any>;
  /** what the person was looking at */
  base: { version: number };
  /** the phone's own time */
  occurred_at: number;
  mono: { page: string; t: number; anchor?: Anchor };
}

/** What the office wants to know of a phone. */
export interface About {
  /** runs from the home screen */
  installed: boolean;
  /** the browser has promised to keep what the app stores */
  persistent: boolean;
  /** bytes; left out where the browser does not say */
  used?: number;
  free?: number;
}

export interface SyncRequest {
  proto: number;
  schema: number;
  build: string;
  client_id: string;
  /** 0 before the first answer */
  epoch: number;
  /** as given by the server; empty at the start */
  cursor: string;
  /** 16 hex of the manifest of what this phone holds; empty when it cannot be worked out */
  manifest_hash: string;
  nonce: string;
  now: number;
  /** acts and photos only on this phone after the ops of this request; left out when none */
  pending?: number;
  oldest_ms?: number;
  /** how many of `pending` are photos, and of these can never be sent; left out when none */
  photos?: number;
  stuck?: number;
  /** sent when it changed, or once a day */
  about?: About;
  /** jobs to send again; left out when none */
  fetch?: string[];
  ops: WireOp[];
}

/** Why, with the facts that fill the words; null: nothing to say. */
export type Note = ({ code: string } & Record<string, any>) | null;

export interface Ack {
  id: string;
  result: Result;
  version: number;
  note: Note;
}

export type Change =
  | { type: 'job'; id: string; version: number; fields: JobFields }
  | { type: 'checklist'; id: string; version: number; fields: ChecklistFields }
  | { type: 'me'; id: string; version: number; fields: MeFields };

export interface SyncAnswer {
  nonce: string;
  epoch: number;
  server_time: number;
  from: string;
  to: string;
  /** ask again at once */
  more: boolean;
  acks: Ack[];
  changes: Change[];
  /** [id, version] of jobs and checklists; null: the hash was right */
  manifest: [string, number][] | null;
  min_proto: number;
  fork?: boolean;
  /** only for a blocked phone; true: nothing is left, wipe */
  wipe?: boolean;
  notice?: string;
}

export interface SessionAnswer {
  person: { id: string; staff_no: string; name: string };
  must_choose_password: boolean;
  /** what is exported unsent is sealed with it: SubjectPublicKeyInfo of P-256 as base64 */
  rescue?: { id: string; key: string };
}
