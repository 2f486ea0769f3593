#!/bin/bash
# Which databases are there, and who may open them? The image runs this once, on an empty volume.
# Each side of Muster has a role that can open the database of its own side only.
set -e

for side in DIRECTORY DOWNSTREAM; do
    psql --username postgres --set ON_ERROR_STOP=1 --set name="${side,,}" --quiet <<SQL
\getenv password ${side}_PASSWORD
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
psql --username postgres --quiet --command "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC"
