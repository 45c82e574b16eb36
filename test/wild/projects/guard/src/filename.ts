import { listen } from './app.js'

if (import.meta.filename === process.argv[1]) listen('filename')
