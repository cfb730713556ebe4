import { listReviewCommentsQueryKey } from '#sdk/@tanstack/react-query.gen';
import { addReviewComment, changeReviewComment, listReviewComments } from '#sdk/sdk.gen';
import type { CommentSource } from '#web/parts/review/comments';
import { useScope } from '#web/parts/scope/scope';

/** The comments on a row of a campaign, as its own people have them. */
export function useComments(campaignId: string): (row: number) => CommentSource {
  const mayWrite = useScope().may('generations:write');
  return (row) => {
    const path = { id: campaignId, row: String(row) };
    return {
      queryKey: listReviewCommentsQueryKey({ path }),
      list: async (signal) => (await listReviewComments({ path, signal, throwOnError: true })).data.comments,
      ...(mayWrite && {
        add: (body) => addReviewComment({ path, body, throwOnError: true }),
        resolve: ({ id, resolvedAt }) =>
          changeReviewComment({ path: { id: campaignId, comment: id }, body: { resolved: resolvedAt === null }, throwOnError: true }),
      }),
    };
  };
}
