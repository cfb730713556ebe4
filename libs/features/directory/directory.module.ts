import { Module } from '@nestjs/common';
import { DirectoryCalls } from '#features/directory/directory-calls.service';
import { DirectoryGroupsService } from '#features/directory/directory-groups.service';
import { DirectoryRoles } from '#features/directory/directory-roles.service';
import { DirectoryTokens } from '#features/directory/directory-tokens.service';
import { DirectoryUsersService } from '#features/directory/directory-users.service';
import { TenantsModule } from '#features/tenants/tenants.module';

const SERVICES = [DirectoryTokens, DirectoryUsersService, DirectoryGroupsService, DirectoryRoles, DirectoryCalls];

/** People and groups as identity providers keep them here. Expects HotPool of `halogen_api` from its app. */
@Module({ imports: [TenantsModule], providers: SERVICES, exports: SERVICES })
export class DirectoryModule {}
