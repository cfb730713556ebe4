/** What a media file says about itself, for people and for programs that read metadata. */
export interface FileNotes {
  title: string;
  comment: string;
}
