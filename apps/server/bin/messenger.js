#!/usr/bin/env node
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `messenger needs Node 24 and this is ${process.version}. Run it through npm ("npm start"), which uses the Node 24 that "npm ci" installs, or install Node 24.`,
  )
  process.exit(1)
}
import('../src/cli.ts')
