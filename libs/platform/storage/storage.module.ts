import { type DynamicModule, Module } from '@nestjs/common';
import { LocalFolder } from '#platform/storage/local-folder';
import { ObjectStorage } from '#platform/storage/object-storage';
import { S3Bucket } from '#platform/storage/s3-bucket';
import { type SignedUrlSettings, SignedUrls } from '#platform/storage/signed-urls';
import type { StorageEnvironment } from '#platform/storage/storage-environment';

@Module({})
export class StorageModule {
  /** A bucket when one is named, else the local folder; `urls` only for processes that mint or check signed URLs. */
  static for(environment: StorageEnvironment, urls?: SignedUrlSettings): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      providers: [
        { provide: ObjectStorage, useValue: storageOf(environment) },
        ...(urls ? [{ provide: SignedUrls, useValue: new SignedUrls(urls) }] : []),
      ],
      exports: [ObjectStorage, ...(urls ? [SignedUrls] : [])],
    };
  }
}

function storageOf(environment: StorageEnvironment): ObjectStorage {
  const { HALOGEN_S3_BUCKET: bucket, HALOGEN_S3_ACCESS_KEY_ID: accessKeyId, HALOGEN_S3_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (bucket === undefined) return new LocalFolder(environment.HALOGEN_STORAGE_DIR);
  return new S3Bucket({
    bucket,
    region: environment.HALOGEN_S3_REGION ?? 'us-east-1',
    endpoint: environment.HALOGEN_S3_ENDPOINT,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
  });
}
