import { fastify } from 'fastify';
import pg from 'pg';
import { v7 as newId } from 'uuid';

/** The least that could be called a submit: reads the body and inserts one row, durable when answered. Neither keys, nor money, nor spans. */
const { DATABASE_URL, PORT, POOL_SIZE } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });
await pool.query(
  'CREATE TABLE IF NOT EXISTS bench_submits (id uuid PRIMARY KEY, request jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now())',
);

const app = fastify();
app.post('/submit', async (request, reply) => {
  const id = newId();
  const { rows } = await pool.query({
    name: 'submit',
    text: 'INSERT INTO bench_submits (id, request) VALUES ($1, $2) RETURNING created_at',
    values: [id, JSON.stringify(request.body)],
  });
  return reply.code(201).send({ id, state: 'queued', created_at: rows[0].created_at, request: request.body });
});
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
process.on('SIGTERM', async () => {
  await app.close();
  await pool.end();
  process.exit(0);
});
process.send?.({ ready: true });
