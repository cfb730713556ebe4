/** Hands the person a file that was put together in the page. */
export function saveFile(name: string, mediaType: string, content: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...content], { type: mediaType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
