import { z } from 'zod';
import { Name, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MAX_FILTER_CHARACTERS, MAX_FILTERS_PER_VIEW, SAVED_VIEW_PAGES } from '#core/views/saved-view';

const ROOT = '/api/v1/saved-views';
const Page = z.enum(SAVED_VIEW_PAGES);
const Filters = z
  .record(z.string().min(1).max(MAX_FILTER_CHARACTERS), z.string().max(MAX_FILTER_CHARACTERS))
  .refine((filters) => Object.keys(filters).length <= MAX_FILTERS_PER_VIEW, `at most ${MAX_FILTERS_PER_VIEW} filters`);

const SavedView = z
  .object({ id: z.uuid(), page: Page, name: z.string(), filters: z.record(z.string(), z.string()), createdAt: When })
  .meta({ id: 'SavedView' });

export const SaveView = z.strictObject({ page: Page, name: Name, filters: Filters });
export type SaveView = z.infer<typeof SaveView>;

export const saveView = {
  id: 'saveView',
  method: 'POST',
  path: ROOT,
  status: 201,
  scope: 'generations:read',
  summary: 'Keep the filters of a list under a name, for yourself alone. One of the same name is replaced.',
  body: SaveView,
  response: SavedView,
} satisfies OperationContract;

export const listSavedViews = {
  id: 'listSavedViews',
  method: 'GET',
  path: ROOT,
  status: 200,
  scope: 'generations:read',
  summary: 'Your own saved views, by name.',
  response: z.object({ views: z.array(SavedView) }),
} satisfies OperationContract;

export const deleteSavedView = {
  id: 'deleteSavedView',
  method: 'DELETE',
  path: `${ROOT}/:id`,
  status: 204,
  scope: 'generations:read',
  summary: 'Delete one of your saved views.',
} satisfies OperationContract;
