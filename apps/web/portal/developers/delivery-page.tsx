import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { getWebhookDeliveryOptions } from '#sdk/@tanstack/react-query.gen';
import { replayWebhookDelivery } from '#sdk/sdk.gen';
import type { WebhookDeliveryWithLog } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Time } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';
import { Facts, Note, Panel, Panels, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import styles from '#web/portal/developers/delivery-page.module.css';
import { DeliveryStateChip, NextAttempt } from '#web/portal/developers/delivery-state';

const READ_AGAIN_MS = 3_000;

/** One delivery: what was sent, and what was answered at each attempt. */
export function DeliveryPage() {
  const { t } = useLingui();
  const scope = useScope();
  const { endpointId, deliveryId } = useParams({ strict: false }) as { endpointId: string; deliveryId: string };
  const path = { id: endpointId, deliveryId };
  const { data, error, refetch } = useQuery({
    ...getWebhookDeliveryOptions({ path }),
    refetchInterval: ({ state }) => (state.data?.finishedAt === null ? READ_AGAIN_MS : false),
  });
  const replay = useAct({ act: () => replayWebhookDelivery({ path, throwOnError: true }), done: t`Replayed the delivery` });
  return (
    <Page
      title={data ? t`Delivery of ${data.eventType}` : t`Delivery`}
      actions={
        data &&
        scope.may('webhooks:write') && (
          <Button onClick={() => replay.mutate(undefined)} loading={replay.isPending}>
            <Trans>Replay delivery</Trans>
          </Button>
        )
      }
    >
      <p>
        <Anchor component={Link} to={scope.path(`/developers/webhooks/${endpointId}`)}>
          <Trans>All deliveries of the endpoint</Trans>
        </Anchor>
      </p>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The delivery`} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && <Shown delivery={data} />}
    </Page>
  );
}

function Shown({ delivery }: { delivery: WebhookDeliveryWithLog }) {
  const { t } = useLingui();
  const { eventId, sequence, state, attempts, nextAttemptAt, createdAt, finishedAt, request, log } = delivery;
  return (
    <>
      <Panels>
        <Panel title={t`Delivery`}>
          <Facts
            items={[
              [t`State`, <DeliveryStateChip key="state" state={state} />],
              [t`Attempts`, attempts],
              ...(nextAttemptAt ? [[t`Next attempt`, <NextAttempt key="next" at={nextAttemptAt} />] as const] : []),
              [t`Created`, <Time key="created" at={createdAt} />],
              ...(finishedAt ? [[t`Ended`, <Time key="ended" at={finishedAt} />] as const] : []),
              ['webhook-id', <code key="id">{eventId}</code>],
              [t`Sequence`, sequence],
            ]}
          />
        </Panel>
        <Panel title={t`Sent`}>
          <Body label={t`Headers`} text={headersOf(request.headers)} />
          <Body label={t`Body`} text={pretty(request.body)} />
        </Panel>
      </Panels>
      <Part title={t`Attempts`}>
        {log.length === 0 && (
          <Note>
            <Trans>It has not been tried yet.</Trans>
          </Note>
        )}
        <ol className={styles.attempts}>
          {log.map(({ attempt, startedAt, durationMs, status, error, answerHeaders, answerBody, nextAttemptAt: next }) => (
            <li key={attempt}>
              <Facts
                items={[
                  [t`Attempt`, attempt],
                  [t`Started`, <Time key="started" at={startedAt} />],
                  [t`Took`, formatSpan(durationMs)],
                  [t`Answer`, status ?? error ?? '–'],
                  ...(status !== null && error ? [[t`Failure`, error] as const] : []),
                  ...(next ? [[t`Next attempt`, <Time key="next" at={next} />] as const] : []),
                ]}
              />
              {answerHeaders && <Body label={t`Answer’s headers`} text={headersOf(answerHeaders)} />}
              {answerBody !== null && answerBody !== '' && <Body label={t`Answer’s body`} text={pretty(answerBody)} />}
            </li>
          ))}
        </ol>
      </Part>
    </>
  );
}

function Body({ label, text }: { label: string; text: string }) {
  return (
    <section aria-label={label}>
      <h3 className={styles.label}>{label}</h3>
      <pre className={styles.body} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

function headersOf(headers: Readonly<Record<string, unknown>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join('\n');
}

/** JSON with lines; anything else as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
