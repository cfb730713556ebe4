import { SwaggerModule } from '@nestjs/swagger';
import { ApiModule } from '#apps/api/api.module';
import { useBodyParsers } from '#apps/api/body-parsers';
import { apiEnvironment } from '#apps/api/environment';
import { openApiDocument } from '#apps/api/openapi';
import { useTraceHeader } from '#apps/api/trace-header';
import { serveWeb } from '#apps/api/web/serve-web';
import { runApp } from '#platform/process/run-app';

const environment = apiEnvironment();

await runApp({
  module: ApiModule.with(environment),
  host: environment.HALOGEN_HOST,
  port: environment.HALOGEN_PORT,
  configure: (app) => {
    useBodyParsers(app);
    useTraceHeader(app);
    SwaggerModule.setup('docs', app, () => openApiDocument(app), { jsonDocumentUrl: 'openapi.json' });
    serveWeb(app);
  },
});
