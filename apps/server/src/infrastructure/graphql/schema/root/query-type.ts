import { builder } from './builder.ts'

builder.queryType({ description: 'Reads. One operation reads one snapshot.' })
