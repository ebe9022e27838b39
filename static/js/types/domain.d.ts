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

/** Both languages of a text. */
export interface Words { zh: string; en: string }

export type Phase = 'departure' | 'door' | 'during' | 'leaving' | 'base';

/** One step of the conduct standard; the fields below `sheet` belong to its type (docs/visit.md). */
export interface ChecklistItem {
  key: string;
  phase: Phase;
  type: string;
  words: Words;
  hint: Words;
  required: boolean;
  /** all must hold, else the item does not apply */
  when: { fact?: string; item?: string; is: any }[];
  /** where the answer stands on the customer's sheet: 'found', 'done', 'result' or '' */
  sheet: string;
  script?: Words;
  options?: { key: string; words: Words; text: boolean }[];
  many?: boolean;
  unit?: string;
  decimals?: number;
  least_milli?: number | null;
  most_milli?: number | null;
  warn_below_milli?: number | null;
  warn_above_milli?: number | null;
  warn?: Words;
  most?: number;
  slot?: Slot;
  least?: number;
}

export interface Phrase { key: string; title: Words; words: Words }

/** A version of a checklist template. */
export interface Checklist { format: number; items: ChecklistItem[]; phrases: Phrase[] }

export interface ChecklistFields { job_type: string; number: number; content: Checklist }

/** What conditions are about. */
export interface Facts { job_type: string; under_warranty: boolean; charge: boolean; special_needs: string[]; stops_supply: boolean }

/** What was photographed and signed, as far as it matters for being done. */
export interface Seen { photos: { slot: string; item: string; counts: boolean }[]; signed: boolean }

export interface AnswerRecord { id: string; item: string; value: any; at_ms: number; by: string; by_id: string; unsent?: boolean }

export type Slot = 'before' | 'during' | 'after' | 'damage' | 'voucher' | 'paper';

export interface PhotoRecord {
  /** id of the op that announced it */
  id: string;
  slot: Slot;
  /** key of the checklist item it answers; '' for none */
  item: string;
  caption: string;
  sha256: string;
  size: number;
  media_type: string;
  source: 'camera' | 'gallery';
  /** the phone that took it could open it */
  opens: boolean;
  at_ms: number;
  by: string;
  by_id: string;
  late: boolean;
  run: number;
  /** where the bytes are on the server */
  state: 'announced' | 'receiving' | 'verified';
  /** the server's look at the picture */
  picture: 'unchecked' | 'usable' | 'unusable';
  /** why it is unusable: a reason code */
  why: string;
  /** the office does without it */
  waived: boolean;
  /** null: it stands */
  void_reason: string | null;
  /** the op is only on this phone so far */
  unsent?: boolean;
  /** the bytes are only on this phone so far (set by the store) */
  only_here?: boolean;
}

export interface ChargeLine { text: string; quantity_milli: number; unit: string; unit_price_fen: number; amount_fen: number }

/** What the customer was shown, and what came of it. */
export interface SheetRecord {
  id: string;
  kind: 'sign_off' | 'agreement';
  revision: number;
  outcome: 'signed' | 'refused' | 'absent' | 'neighbour' | 'paper';
  signer: string;
  role: string;
  at_ms: number;
  lines: ChargeLine[];
  total_fen: number;
  state: 'valid' | 'quarantined';
  /** why it is quarantined: a reason code */
  fault: string;
  weak: boolean;
  /** nothing that was shown has changed since */
  current: boolean;
  language: string;
  /** the customer signed it by link since; a document of an older server does not say */
  by_link?: { signer: string; at_ms: number } | null;
  unsent?: boolean;
}

/** An address, and its QR code: modules row by row, a bit each, as base64. */
export interface LinkShown { address: string; qr: string }

export interface IncidentRecord { id: string; kind: string; words: string; at_ms: number; by: string; by_id: string; late: boolean; unsent?: boolean }

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
  /** when the office has the technician begin, not told to the customer; null: nobody said, left out by an older server */
  planned_start_ms?: number | null;
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
  /** the work stops water, heat or gas: signed on paper */
  stops_supply: boolean;
  under_warranty: boolean;
  /** what a signature for this job must carry */
  sign_nonce: string;
  /** the office has closed the ended visit */
  closed: boolean;
  /** the version the visit is done by; null: none */
  checklist: { id: string; pinned: boolean } | null;
  answers: AnswerRecord[];
  photos: PhotoRecord[];
  /** the final charge where it is less than agreed; null: what was agreed */
  charges: { id: string; lines: ChargeLine[]; total_fen: number } | null;
  sheets: SheetRecord[];
  incidents: IncidentRecord[];
  /** what the customer opens without an account; a document of an older server has none */
  links?: { case: LinkShown | null; badge: LinkShown | null; report?: LinkShown | null };
  /** the last five ended visits at the site, newest first */
  history: { visit_on: string; type: string; brief: string; outcome: string; words: string; by: string }[];
  cancel_reason: string;
  /** what the office changed that this person had not seen when saying something of the job; left out when there is nothing */
  overlaps?: Overlap[];
  /** said of this job on this phone, and not yet in the person's own record */
  day_order?: DayOrder & { estimates: number[]; at_ms: number };
}

export interface MeFields {
  staff_no: string;
  name: string;
  badge_no: string;
  language: string;
  /** the office may see, while on duty, where the last step was taken */
  shares_position?: boolean;
  branch: { name: string; phone: string; timezone: string };
  roles: string[];
  /** what a day is planned with; a document of an older server has neither */
  work?: Work;
  /** the latest order of a day the person chose; null: none yet */
  order?: DayOrder | null;
}

/** Seconds from midnight; places are [lat, lng] in WGS-84. */
export interface Work {
  /** Monday first; null: free */
  week: ([number, number] | null)[];
  /** days that differ, by date */
  changes: Record<string, [number, number] | null>;
  lunch: { earliest: number; latest: number; seconds: number } | null;
  /** null: not known */
  start: [number, number] | null;
  end: [number, number] | 'open' | null;
  travel: import('../rules/travel.js').TravelModel;
}

export interface DayOrder {
  day: string;
  /** ids of jobs; []: as proposed */
  order: string[];
  /** those put at their place by hand */
  pinned: string[];
}

/** The signed-in person as operations see them. */
export type Me = { id: string; name: string } & Partial<MeFields>;

/** An edit of the office and what the person said of the job without having seen it: both stand. */
export interface Overlap {
  id: string;
  /** address, time, phone, customer, task, charge, product */
  subjects: string[];
  /** when the office changed it */
  at_ms: number;
  /** operation, and its step if it is one */
  kind: string;
  step: string;
  said_ms: number;
}
