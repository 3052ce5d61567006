// A process that is never idle.
for (let n = 0; ; n++) Math.sqrt(n)
