import { listen } from './app.js'

if ((import.meta as { main?: boolean }).main) listen('main')
