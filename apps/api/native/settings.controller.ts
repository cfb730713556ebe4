import { Body, Controller, Param } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { told } from '#apps/api/native/settings-view';
import { Operation } from '#apps/api/operation.decorator';
import { getSettings, type UpdateSettings, updateSettings } from '#contracts/native/settings';
import type { Caller } from '#core/access/caller';
import { effectiveSettings } from '#core/settings/settings';
import { SettingsService } from '#features/tenants/settings.service';
import { type TenantSettings, tenantLevels } from '#features/tenants/tenant-settings';

@Controller()
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Operation(getSettings)
  async get(@CallerOf() caller: Caller, @Param('id') id: string) {
    return view(accepted(await this.settings.get(caller, idOf(id))));
  }

  @Operation(updateSettings)
  async update(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(valid(updateSettings.body)) { inherit = [], ...set }: UpdateSettings,
  ) {
    return view(accepted(await this.settings.change(caller, idOf(id), { set, inherit })));
  }
}

function view(settings: TenantSettings) {
  const { values, sources } = effectiveSettings(tenantLevels(settings));
  const { values: inherited } = effectiveSettings([{ source: 'agency', own: settings.inherited }]);
  return { settings: told(values), sources, inherited: told(inherited) };
}
