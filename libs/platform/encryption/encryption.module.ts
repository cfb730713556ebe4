import { type DynamicModule, Module } from '@nestjs/common';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** Gives an app the keys by which it keeps secrets in the database. */
@Module({})
export class EncryptionModule {
  static with(keys: EncryptionKeys): DynamicModule {
    return {
      module: EncryptionModule,
      global: true,
      providers: [{ provide: EncryptionKeys, useValue: keys }],
      exports: [EncryptionKeys],
    };
  }
}
