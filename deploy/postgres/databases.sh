#!/bin/bash
# Which databases and roles are there? The image runs this script once, on an empty volume. Each
# side of Muster has a role and a database of its own. The role of the directory may read
# downstream as well, for the sweep, and change nothing there.
set -e

for side in DIRECTORY DOWNSTREAM; do
    psql --username postgres --set ON_ERROR_STOP=1 --set name="${side,,}" --quiet <<SQL
\getenv password ${side}_PASSWORD
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
psql --username postgres --dbname downstream --set ON_ERROR_STOP=1 --quiet <<SQL
GRANT CONNECT ON DATABASE downstream TO directory;
ALTER DEFAULT PRIVILEGES FOR ROLE downstream IN SCHEMA public GRANT SELECT ON TABLES TO directory;
SQL
psql --username postgres --quiet --command "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC"
