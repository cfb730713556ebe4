import { notifications } from '@mantine/notifications';
import { sessionHeaders } from '#web/parts/api/session';

/** Saves an answer of the API as a file. The browser itself could not say for which tenant it asks. */
export async function download(url: string, name: string): Promise<void> {
  const response = await fetch(url, { headers: sessionHeaders('GET'), credentials: 'same-origin' });
  if (!response.ok) {
    notifications.show({ message: `${response.status} ${response.statusText}`, color: 'danger' });
    return;
  }
  const file = URL.createObjectURL(await response.blob());
  const link = Object.assign(document.createElement('a'), { href: file, download: name });
  link.click();
  URL.revokeObjectURL(file);
}
