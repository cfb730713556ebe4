import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { getContactSheet } from '#sdk/sdk.gen';
import type { Batch } from '#sdk/types.gen';
import { download } from '#web/parts/api/download';
import common from '#web/parts/review/review.module.css';
import styles from '#web/portal/campaigns/campaigns.module.css';

/** Pages of a hundred labelled thumbnails, and everything as one archive. */
export function ContactSheets({ campaign: { id, contactSheets, finishedAt, rows } }: { campaign: Batch }) {
  const { t } = useLingui();
  const [sheet, setSheet] = useState(1);
  return (
    <section aria-label={t`Contact sheets`}>
      <div className={common.bar}>
        {rows.completed > 0 && (
          <>
            <Button onClick={() => void download(`/api/v1/batches/${id}/assets.zip`, `assets-${id}.zip`)}>
              <Trans>Download ZIP</Trans>
            </Button>
            <Button variant="default" onClick={() => void download(`/api/v1/batches/${id}/manifest?format=csv`, `manifest-${id}.csv`)}>
              <Trans>Download manifest (CSV)</Trans>
            </Button>
          </>
        )}
        {contactSheets > 1 && (
          <>
            <Button variant="default" onClick={() => setSheet((at) => at - 1)} disabled={sheet === 1}>
              <Trans>Sheet before</Trans>
            </Button>
            <span className="figures">
              <Trans>
                Sheet {sheet} of {contactSheets}
              </Trans>
            </span>
            <Button variant="default" onClick={() => setSheet((at) => at + 1)} disabled={sheet === contactSheets}>
              <Trans>Next sheet</Trans>
            </Button>
          </>
        )}
      </div>
      {contactSheets > 0 && <Sheet key={sheet} campaignId={id} sheet={sheet} />}
      {contactSheets === 0 && (
        <p className={common.quiet}>
          {finishedAt ? (
            <Trans>There is no sheet yet: they are drawn after the last row.</Trans>
          ) : (
            <Trans>Sheets are drawn when the campaign has ended.</Trans>
          )}
        </p>
      )}
    </section>
  );
}

function Sheet({ campaignId, sheet }: { campaignId: string; sheet: number }) {
  const { t } = useLingui();
  const { data } = useQuery({
    queryKey: ['contact sheet', campaignId, sheet],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      (await getContactSheet({ path: { id: campaignId, sheet: String(sheet) }, parseAs: 'blob', signal, throwOnError: true }))
        .data as unknown as Blob,
  });
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!data) return;
    const made = URL.createObjectURL(data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  return url ? <img src={url} alt={t`Contact sheet ${sheet}`} className={styles.sheet} /> : <div className={styles.sheet} aria-busy />;
}
