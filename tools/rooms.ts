import { inspect } from './rooms/inspect.ts'

const { files, faults } = inspect(process.cwd())
for (const fault of faults) console.error(fault)
console.log(`${files} files, ${faults.length} faults in their imports`)
if (faults.length > 0 || files === 0) process.exitCode = 1
