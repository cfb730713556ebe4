import { Inject, Injectable } from '@nestjs/common';
import { DISABLE_AFTER_FAILING_MS, PROBE_EVERY_MS } from '#core/webhooks/limits';
import type { AfterWebhook } from '#core/webhooks/webhook-schedule';
import { recordEvents } from '#features/events/events.service';
import { WEBHOOK_SETTINGS, type WebhookSettings } from '#features/webhooks/webhook-settings';
import type { WebhookTarget } from '#features/webhooks/webhook-targets';
import { HotPool } from '#platform/database/hot-pool';

/** What endpoints' answers mean for the endpoints themselves. Written only when something changes: most attempts cost nothing here. */
@Injectable()
export class EndpointHealth {
  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(WEBHOOK_SETTINGS) private readonly settings: WebhookSettings,
  ) {}

  async note(target: WebhookTarget, after: AfterWebhook): Promise<void> {
    if (after.state === 'delivered') {
      if (target.failing_since) await this.noteWell(target);
      return;
    }
    if (after.endpointGone) return this.disable(target, 'gone');
    if (after.pauseEndpointMs !== undefined) await this.pause(target, after.pauseEndpointMs);
    if (!target.failing_since) await this.noteFailing(target);
    else if (Date.now() - target.failing_since.getTime() >= DISABLE_AFTER_FAILING_MS / this.settings.timeScale)
      await this.disable(target, 'failing');
  }

  private async noteWell(target: WebhookTarget): Promise<void> {
    await this.pool.transaction('endpoint works', [], async (tx) => {
      const enabled = await tx.query(
        `WITH before AS (SELECT disabled_reason FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 FOR UPDATE)
         UPDATE webhook_endpoints e
            SET failing_since = NULL, probe_at = NULL,
                disabled_at = CASE WHEN before.disabled_reason = 'failing' THEN NULL ELSE e.disabled_at END,
                disabled_reason = CASE WHEN before.disabled_reason = 'failing' THEN NULL ELSE e.disabled_reason END
           FROM before
          WHERE e.tenant_id = $1 AND e.id = $2
         RETURNING before.disabled_reason AS was`,
        [target.tenant_id, target.id],
      );
      if ((enabled[0] as { was?: string } | undefined)?.was === 'failing')
        await recordEvents(tx, [{ tenantId: target.tenant_id, type: 'webhook.enabled', data: { endpointId: target.id } }]);
    });
  }

  private async noteFailing(target: WebhookTarget): Promise<void> {
    await this.pool.query(
      `UPDATE webhook_endpoints SET failing_since = clock_timestamp() WHERE tenant_id = $1 AND id = $2 AND failing_since IS NULL`,
      [target.tenant_id, target.id],
    );
  }

  private async pause(target: WebhookTarget, pauseMs: number): Promise<void> {
    await this.pool.query(
      `UPDATE webhook_endpoints
          SET paused_until = greatest(paused_until, clock_timestamp() + $3 * interval '1 millisecond')
        WHERE tenant_id = $1 AND id = $2`,
      [target.tenant_id, target.id, pauseMs],
    );
  }

  /** The tenant is told once, at its other endpoints and in its events. */
  private async disable(target: WebhookTarget, reason: 'gone' | 'failing'): Promise<void> {
    await this.pool.transaction('disable endpoint', [], async (tx) => {
      const disabled = await tx.query(
        `UPDATE webhook_endpoints
            SET disabled_at = clock_timestamp(), disabled_reason = $3,
                probe_at = CASE WHEN $3 = 'failing' THEN clock_timestamp() + $4 * interval '1 millisecond' END
          WHERE tenant_id = $1 AND id = $2 AND disabled_at IS NULL
         RETURNING 1`,
        [target.tenant_id, target.id, reason, PROBE_EVERY_MS / this.settings.timeScale],
      );
      if (disabled.length === 0) return;
      await recordEvents(tx, [{ tenantId: target.tenant_id, type: 'webhook.disabled', data: { endpointId: target.id, reason } }]);
    });
  }
}
