-- Health of GatewayFleet, GatewayRoute and BackendPolicy. All three sum their conditions up as Ready, and say while it is not True
-- whether the rest comes by itself (Reconciling) or somebody must act (Stalled).
local health = { status = "Progressing", message = "Waiting for the operator" }
local status = obj.status
if status == nil or status.conditions == nil then
  return health
end
-- A status of an older generation says nothing of what was just applied.
if status.observedGeneration ~= nil and obj.metadata.generation ~= nil and status.observedGeneration < obj.metadata.generation then
  return health
end
local found = {}
for _, condition in ipairs(status.conditions) do
  found[condition.type] = condition
end
local ready = found.Ready
if ready == nil then
  return health
end
health.message = ready.message
if ready.status == "True" then
  health.status = "Healthy"
  -- It serves all the same; what needs attention is told.
  if found.Degraded ~= nil and found.Degraded.status == "True" then
    health.message = found.Degraded.message
  end
elseif found.Stalled ~= nil and found.Stalled.status == "True" then
  health.status = "Degraded"
end
return health
