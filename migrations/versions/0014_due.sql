-- The nearest open date of a project, kept beside it, so that a list sorts by it from an index.
ALTER TABLE project ADD COLUMN due_on DATE NOT NULL DEFAULT 'infinity';
ALTER TABLE project NO FORCE ROW LEVEL SECURITY;
ALTER TABLE deadline NO FORCE ROW LEVEL SECURITY;
UPDATE project p SET due_on = d.due_on
FROM (SELECT tenant, project, min(due_on) AS due_on FROM deadline WHERE state = 'open' GROUP BY tenant, project) AS d
WHERE d.tenant = p.tenant AND d.project = p.id;
ALTER TABLE project FORCE ROW LEVEL SECURITY;
ALTER TABLE deadline FORCE ROW LEVEL SECURITY;

DROP INDEX project_updated_idx;
CREATE INDEX project_updated_idx ON project (tenant, updated_at, id);
CREATE INDEX project_due_idx ON project (tenant, due_on, id);
CREATE INDEX project_phase_due_idx ON project (tenant, phase, due_on, id);

GRANT UPDATE (due_on) ON project TO lianshen_web, lianshen_worker;
