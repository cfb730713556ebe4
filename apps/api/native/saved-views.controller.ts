import { Body, Controller, Param } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { deleteSavedView, listSavedViews, type SaveView, saveView } from '#contracts/native/saved-views';
import type { Caller } from '#core/access/caller';
import { type SavedViewRow, SavedViewsService } from '#features/views/saved-views.service';

/** Filters of lists that people keep for themselves. */
@Controller()
export class SavedViewsController {
  constructor(private readonly views: SavedViewsService) {}

  @Operation(saveView)
  async save(@CallerOf() caller: Caller, @Body(valid(saveView.body)) wanted: SaveView) {
    return view(accepted(await this.views.save(caller, wanted)));
  }

  @Operation(listSavedViews)
  async list(@CallerOf() caller: Caller) {
    return { views: (await this.views.list(caller)).map(view) };
  }

  @Operation(deleteSavedView)
  async delete(@CallerOf() caller: Caller, @Param('id') id: string): Promise<void> {
    accepted(await this.views.delete(caller, idOf(id)));
  }
}

function view({ createdAt, ...kept }: SavedViewRow) {
  return { ...kept, createdAt: createdAt.toISOString() };
}
