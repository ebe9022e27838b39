/** The words of the glossary as the phone holds them. Times in milliseconds since 1970, days as YYYY-MM-DD, money in fen. */

export type JobState =
  | 'unassigned' | 'assigned' | 'accepted' | 'en_route' | 'arrived' | 'working' | 'finished' | 'unfinished' | 'absent' | 'cancelled';

export interface Person { id: string; name: string; staff_no?: string }

export interface StepRecord {
  /** id of the op that took it */
  id: string;
  step: string;
  from: JobState;
  to: JobState;
  at_ms: number;
  by: string;
  by_id: string;
  reason: string;
  promised_ms: number | null;
  /** assignment it belongs to; a reassigned job starts a new run */
  run: number;
  /** null: it stands; else why it was taken back */
  void_reason: string | null;
  /** only on this phone so far */
  unsent?: boolean;
}

export interface NoteRecord {
  id: string;
  text: string;
  by: string;
  by_id: string;
  at_ms: number;
  /** written when the job was no longer this person's */
  late: boolean;
  unsent?: boolean;
}

export interface JobFields {
  number: string;
  type: string;
  state: JobState;
  priority: 'normal' | 'urgent' | 'emergency';
  run: number;
  case: { id: string; number: string; kind: string; words: string; opened_ms: number };
  /** local date of the branch; null: no day yet */
  visit_on: string | null;
  window: { start_ms: number; end_ms: number } | null;
  timezone: string;
  planned_minutes: number;
  brief: string;
  analysis: string;
  remedy: string;
  bring: string;
  special_needs: string[];
  special_note: string;
  /** null: nothing to collect */
  amount_fen: number | null;
  amount_reason: string;
  /** which visit under the case this is */
  visit_no: number;
  /** phone is empty once the job has ended */
  customer: { name: string; address_form: string; phone: string };
  /** WGS-84; lat null: no position known */
  site: { district: string; address: string; unit: string; access_note: string; lat: number | null; lng: number | null };
  product: {
    model: string; batch: string; room: string; area_m2: string | null; purchased_on: string | null;
    voucher: string; installer: string; warranty_start_on: string | null;
  } | null;
  lead: { id: string; name: string; staff_no: string } | null;
  helpers: Person[];
  branch: { name: string; phone: string };
  steps: StepRecord[];
  notes: NoteRecord[];
  /** the last five ended visits at the site, newest first */
  history: { visit_on: string; type: string; brief: string; outcome: string; words: string; by: string }[];
  cancel_reason: string;
}

export interface MeFields {
  staff_no: string;
  name: string;
  badge_no: string;
  language: string;
  branch: { name: string; phone: string; timezone: string };
  roles: string[];
}

/** The signed-in person as operations see them. */
export type Me = { id: string; name: string } & Partial<MeFields>;
