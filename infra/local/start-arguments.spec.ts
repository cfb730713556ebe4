import { expect, it } from 'vitest';
import { startArguments } from '#infra/local/start-arguments';

it('has a default for everything', () => {
  expect(startArguments([])).toEqual({ once: false, homeDir: '.halogen', port: 8080, help: false });
});

it('takes what it is given', () => {
  expect(startArguments(['--once', '--home', '/tmp/h', '--port=9000'])).toMatchObject({ once: true, homeDir: '/tmp/h', port: 9000 });
});

it.each([
  { args: ['--onec'], message: "Unknown option '--onec'" },
  { args: ['serve'], message: 'serve' },
  { args: ['--port', 'http'], message: '--port wants a number from 1 to 65535, not "http"' },
  { args: ['--port', '70000'], message: '--port wants a number' },
  { args: ['--home', ''], message: '--home wants a folder' },
])('refuses $args', ({ args, message }) => {
  expect(() => startArguments(args)).toThrow(message);
});
