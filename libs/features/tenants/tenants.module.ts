import { Module } from '@nestjs/common';
import { ApiKeysService } from '#features/tenants/api-keys.service';
import { KeysService } from '#features/tenants/keys.service';
import { MembersService } from '#features/tenants/members.service';
import { ProjectsService } from '#features/tenants/projects.service';
import { SettingsService } from '#features/tenants/settings.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';
import { TenantsService } from '#features/tenants/tenants.service';
import { WorkTermsService } from '#features/tenants/work-terms.service';

const SERVICES = [
  ApiKeysService,
  TenantReach,
  TenantsService,
  ProjectsService,
  MembersService,
  KeysService,
  SettingsService,
  WorkTermsService,
];

/** Who pays, who calls and for what. Expects HotPool of `halogen_api` from its app. */
@Module({ providers: SERVICES, exports: SERVICES })
export class TenantsModule {}
