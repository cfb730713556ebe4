import { expect, it } from 'vitest';
import { shownBody } from '#web/portal/generations/shown-body';

it('shows bodies without the permissions that addresses carry', () => {
  const body = {
    prompt: 'what is https://a.example/?x=1',
    source: { url: 'https://bucket.example/cat.png?signature=secret' },
    assets: { image: 'https://me:secret@halogen.example/assets/a.jpg', video: 'https://halogen.example/assets/a.mp4' },
    seed: 7,
  };
  expect(JSON.parse(shownBody(body))).toEqual({
    prompt: 'what is https://a.example/?x=1',
    source: { url: 'https://bucket.example/cat.png?…' },
    assets: { image: 'https://halogen.example/assets/a.jpg?…', video: 'https://halogen.example/assets/a.mp4' },
    seed: 7,
  });
});
