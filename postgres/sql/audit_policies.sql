select hash, text from policies where hash = any ($1::text[])
