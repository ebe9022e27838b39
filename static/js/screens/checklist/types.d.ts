import type { TemplateResult, nothing } from '#vendor/lit.js';
import type { AppContext, JobView } from '#app/screens/types.js';
import type { ChecklistItem } from '#app/types/domain.js';

/** One step on the screen: what the view of its type is given. */
export interface ItemContext {
  app: AppContext;
  job: JobView;
  item: ChecklistItem;
  /** the answer as it stands; null: none */
  value: any;
  /** what was begun and is not recorded yet; its shape is the view's own */
  draft: any;
  /** nothing more is to do */
  done: boolean;
  /** it is the next step: its button may be the large green one */
  current: boolean;
  /** what is wrong with what was given, in words; '': nothing */
  fault: string;
  /** Records the answer; null takes it back. */
  save(value: any): void;
  /** Keeps what was begun. */
  keep(draft: any): void;
  /** Shows the script to the customer. */
  show(language: string): void;
}

/** How one type of item is answered. */
export interface ItemView {
  icon: string;
  body(x: ItemContext): TemplateResult | (TemplateResult | typeof nothing)[];
}
