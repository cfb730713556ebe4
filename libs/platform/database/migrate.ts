import { readdir } from 'node:fs/promises';
import { DataSource, type MigrationInterface } from 'typeorm';

type Migration = new () => MigrationInterface;

/**
 * Brings the database up to the newest migration, each in a transaction of its own.
 * @param databaseUrl of an owner that may create roles
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    migrations: await loadMigrations(),
    migrationsTransactionMode: 'each',
    applicationName: 'halogen-migrate',
  });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}

async function loadMigrations(): Promise<Migration[]> {
  const folder = new URL('../../../migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => /^\d{13}-[a-z-]+\.(js|ts)$/.test(file)).sort();
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href) as Promise<Record<string, Migration>>));
  return modules.flatMap((module) => Object.values(module));
}
