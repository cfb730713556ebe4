import { type DynamicModule, Module } from '@nestjs/common';
import { LocalFolder } from '#platform/storage/local-folder';
import { ObjectStorage } from '#platform/storage/object-storage';
import { type SignedUrlSettings, SignedUrls } from '#platform/storage/signed-urls';

@Module({})
export class StorageModule {
  /** Storage in a folder; `urls` only for processes that mint or check signed URLs. */
  static forFolder(folder: string, urls?: SignedUrlSettings): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      providers: [
        { provide: ObjectStorage, useValue: new LocalFolder(folder) },
        ...(urls ? [{ provide: SignedUrls, useValue: new SignedUrls(urls) }] : []),
      ],
      exports: [ObjectStorage, ...(urls ? [SignedUrls] : [])],
    };
  }
}
