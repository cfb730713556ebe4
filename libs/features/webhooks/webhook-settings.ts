export const WEBHOOK_SETTINGS = Symbol('webhook settings');

export interface WebhookSettings {
  /** Divides the schedule of webhooks and their time limits, for tests: 1 in earnest. */
  timeScale: number;
}
