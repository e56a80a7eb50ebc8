import { inspect } from './rooms/inspect.ts'

const { files, rooms, arrows, faults } = inspect(process.cwd())
for (const fault of faults) console.error(fault)
console.log(`${files} files; ${rooms} rooms with ${arrows} arrows between them; ${faults.length} faults`)
if (faults.length > 0 || files === 0) process.exitCode = 1
