import { Trans } from '@lingui/react/macro';
import { Button, CopyButton } from '@mantine/core';
import type { Generation } from '#sdk/types.gen';
import styles from '#web/portal/generations/generations.module.css';

/** The request that makes the same once more, its seed included. */
export function AsCall({ generation }: { generation: Generation }) {
  const body = JSON.stringify({ ...generation.request, seed: generation.seed }).replaceAll("'", "'\\''");
  const call = `curl ${location.origin}/api/v1/generations \\\n  -H "Authorization: Bearer $HALOGEN_API_KEY" -H "Content-Type: application/json" \\\n  -d '${body}'`;
  return (
    <>
      <CopyButton value={call}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy} mb="sm">
            {copied ? <Trans>Copied</Trans> : <Trans>Copy as API call</Trans>}
          </Button>
        )}
      </CopyButton>
      <pre className={styles.code}>{call}</pre>
    </>
  );
}
