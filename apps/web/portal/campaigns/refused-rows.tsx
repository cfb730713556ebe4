import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { client } from '#sdk/client.gen';
import { Note } from '#web/parts/panel/panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

const ERRORS_SHOWN = 200;

interface RowError {
  row: number;
  line: number;
  field: string | null;
  reason: string;
}

/** Which lines will not do, and why. */
export function RefusedRows({ id, refused }: { id: string; refused: number }) {
  const { t } = useLingui();
  const { data: errors } = useQuery({
    queryKey: ['campaign errors', id],
    queryFn: async ({ signal }) => {
      const { data } = await client.get<{ 200: string }, unknown, true>({
        url: `/api/v1/batches/${id}/errors`,
        parseAs: 'text',
        signal,
        throwOnError: true,
      });
      const lines = data.split('\n', ERRORS_SHOWN).filter(Boolean);
      return lines.map((line) => JSON.parse(line) as RowError);
    },
  });
  if (!errors) return <Loading lines={3} />;
  return (
    <>
      <PlainTable
        label={t`Refused rows`}
        heads={[t`Line`, t`Column`, t`Reason`]}
        rows={errors.map(({ line, field, reason }) => [line, field, reason])}
      />
      {refused > errors.length && (
        <Note>
          <Trans>
            {errors.length} of {refused} shown
          </Trans>
        </Note>
      )}
    </>
  );
}
