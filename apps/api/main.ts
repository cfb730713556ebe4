import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { ApiModule } from '#apps/api/api.module';
import { useBodyParsers } from '#apps/api/body-parsers';
import { apiEnvironment } from '#apps/api/environment';
import { refuseOtherMethods } from '#apps/api/errors/other-methods';
import { refuseUnkeepablePaths } from '#apps/api/errors/unkeepable-paths';
import { answerUnreadable, MAX_HEAD_BYTES } from '#apps/api/errors/unreadable-requests';
import { openApiDocument } from '#apps/api/openapi';
import { serveWeb } from '#apps/api/web/serve-web';
import { runApp } from '#platform/process/run-app';

const environment = apiEnvironment();

await runApp({
  module: ApiModule.with(environment),
  host: environment.HALOGEN_HOST,
  port: environment.HALOGEN_PORT,
  adapter: new FastifyAdapter({ clientErrorHandler: answerUnreadable, http: { maxHeaderSize: MAX_HEAD_BYTES } }),
  configure: (app) => {
    refuseOtherMethods(app);
    refuseUnkeepablePaths(app);
    useBodyParsers(app);
    SwaggerModule.setup('docs', app, () => openApiDocument(app), { jsonDocumentUrl: 'openapi.json' });
    serveWeb(app);
  },
});
