import { pathToFileURL } from 'node:url'
import { listen } from './app.js'

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) listen('url')
