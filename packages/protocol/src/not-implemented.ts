/**
 * Frames of the contract that this version does not serve yet. The server answers such a client frame with an `Error`
 * of code BAD_USER_INPUT.
 */
export const clientFramesNotImplemented = [] as const

export const serverFramesNotImplemented = ['DraftChanged', 'ViewerListsChanged'] as const

/** Fields of a message that come with files, link previews and pins. */
export const messageFieldsNotImplemented = ['attachments', 'linkPreviews', 'pinnedAt', 'pinnedById'] as const

export type ClientFrameNotImplemented = (typeof clientFramesNotImplemented)[number]
