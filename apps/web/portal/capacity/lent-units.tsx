import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { getUtilization } from '#sdk/sdk.gen';
import { Note } from '#web/parts/panel/panel';

const MINUTE_MS = 60_000;

/** What one's idle units did for others. @param minutes at most a day */
export function LentUnits({ poolClass, minutes }: { poolClass: string; minutes: number }) {
  const { data } = useQuery({
    queryKey: ['units lent', poolClass, minutes],
    refetchInterval: MINUTE_MS,
    queryFn: async ({ signal }) => {
      const from = new Date(Date.now() - minutes * MINUTE_MS).toISOString();
      return (await getUtilization({ query: { poolClass, from, minutes }, signal, throwOnError: true })).data;
    },
  });
  const lent = data?.minutes.map(({ lentUnits }) => lentUnits) ?? [];
  if (lent.length === 0) return null;
  const mean = (lent.reduce((sum, units) => sum + units, 0) / lent.length).toFixed(1);
  const most = Math.max(...lent).toFixed(1);
  const hours = minutes / 60;
  const recalled = data?.recalledLanes ?? 0;
  return (
    <Note>
      <Trans>
        Of your units, {mean} were lent to others on average in the last {hours} h, {most} at most in a minute. They come back when you need
        them: lanes recalled for your work in that time: {recalled}.
      </Trans>
    </Note>
  );
}
