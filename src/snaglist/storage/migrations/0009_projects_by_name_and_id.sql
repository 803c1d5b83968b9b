-- A filter names a project by its id or its name, and finds what is known by either.
CREATE INDEX projects_by_name ON projects (name, project);
CREATE INDEX projects_by_id ON projects (project, name);
